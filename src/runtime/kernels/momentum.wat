;; Gradient descent with momentum in place over flat memory, four floats at a time: m = μ·m + g, p = p - a·g - b·m.
;; A momentum that has decayed below 1e-30 becomes zero: denormal numbers cost a hundred times a normal one's cycles.
;; Arguments: byte offsets of p, m, g (multiples of 16), number of floats (a multiple of 4), μ, a, b.
(module
  (import "memory" "memory" (memory 1))
  (func (export "momentum")
    (param $p i32) (param $m i32) (param $g i32) (param $n i32)
    (param $mu f32) (param $a f32) (param $b f32)
    (local $end i32)
    (local $tiny v128) (local $mus v128) (local $as v128) (local $bs v128) (local $gradient v128) (local $first v128)
    (local.set $tiny (f32x4.splat (f32.const 1e-30)))
    (local.set $mus (f32x4.splat (local.get $mu)))
    (local.set $as (f32x4.splat (local.get $a)))
    (local.set $bs (f32x4.splat (local.get $b)))
    (local.set $end (i32.add (local.get $g) (i32.shl (local.get $n) (i32.const 2))))
    (block $done
      (loop $next
        (br_if $done (i32.ge_u (local.get $g) (local.get $end)))
        (local.set $gradient (v128.load (local.get $g)))
        (local.set $first
          (f32x4.add (f32x4.mul (v128.load (local.get $m)) (local.get $mus)) (local.get $gradient)))
        (local.set $first
          (v128.andnot (local.get $first) (f32x4.le (f32x4.abs (local.get $first)) (local.get $tiny))))
        (v128.store (local.get $m) (local.get $first))
        (v128.store (local.get $p)
          (f32x4.sub
            (v128.load (local.get $p))
            (f32x4.add
              (f32x4.mul (local.get $gradient) (local.get $as))
              (f32x4.mul (local.get $first) (local.get $bs)))))
        (local.set $p (i32.add (local.get $p) (i32.const 16)))
        (local.set $m (i32.add (local.get $m) (i32.const 16)))
        (local.set $g (i32.add (local.get $g) (i32.const 16)))
        (br $next)))))
