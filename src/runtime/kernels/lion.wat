;; Lion in place over flat memory, four floats at a time: c = m + u·(g - m), p = p - a·sign(c), m = m + w·(g - m).
;; A momentum that has decayed below 1e-30 becomes zero: denormal numbers are slow, and a weight whose gradient is gone
;; would move by the whole rate for as long as their sign lives.
;; Arguments: byte offsets of p, m, g (multiples of 16), number of floats (a multiple of 4), u, w, a.
(module
  (import "memory" "memory" (memory 1))
  (func (export "lion")
    (param $p i32) (param $m i32) (param $g i32) (param $n i32)
    (param $u f32) (param $w f32) (param $a f32)
    (local $end i32)
    (local $tiny v128) (local $zero v128) (local $us v128) (local $ws v128) (local $as v128) (local $first v128) (local $news v128) (local $c v128)
    (local.set $tiny (f32x4.splat (f32.const 1e-30)))
    (local.set $us (f32x4.splat (local.get $u)))
    (local.set $ws (f32x4.splat (local.get $w)))
    (local.set $as (f32x4.splat (local.get $a)))
    (local.set $end (i32.add (local.get $g) (i32.shl (local.get $n) (i32.const 2))))
    (block $done
      (loop $next
        (br_if $done (i32.ge_u (local.get $g) (local.get $end)))
        (local.set $first (v128.load (local.get $m)))
        (local.set $news (f32x4.sub (v128.load (local.get $g)) (local.get $first)))
        (local.set $c (f32x4.add (local.get $first) (f32x4.mul (local.get $news) (local.get $us))))
        (v128.store (local.get $p)
          (f32x4.add
            (f32x4.sub
              (v128.load (local.get $p))
              (v128.and (local.get $as) (f32x4.gt (local.get $c) (local.get $zero))))
            (v128.and (local.get $as) (f32x4.lt (local.get $c) (local.get $zero)))))
        (local.set $first (f32x4.add (local.get $first) (f32x4.mul (local.get $news) (local.get $ws))))
        (v128.store (local.get $m)
          (v128.andnot (local.get $first) (f32x4.le (f32x4.abs (local.get $first)) (local.get $tiny))))
        (local.set $p (i32.add (local.get $p) (i32.const 16)))
        (local.set $m (i32.add (local.get $m) (i32.const 16)))
        (local.set $g (i32.add (local.get $g) (i32.const 16)))
        (br $next)))))
