;; y = y + w·(x - y) in place over flat memory, four floats at a time: where y rests, it rests at x, however w is rounded.
;; Arguments: byte offsets of x, y (multiples of 16), number of floats (a multiple of 4), w.
(module
  (import "memory" "memory" (memory 1))
  (func (export "average")
    (param $x i32) (param $y i32) (param $n i32)
    (param $w f32)
    (local $end i32) (local $ws v128) (local $old v128)
    (local.set $ws (f32x4.splat (local.get $w)))
    (local.set $end (i32.add (local.get $y) (i32.shl (local.get $n) (i32.const 2))))
    (block $done
      (loop $next
        (br_if $done (i32.ge_u (local.get $y) (local.get $end)))
        (local.set $old (v128.load (local.get $y)))
        (v128.store (local.get $y)
          (f32x4.add
            (local.get $old)
            (f32x4.mul (f32x4.sub (v128.load (local.get $x)) (local.get $old)) (local.get $ws))))
        (local.set $x (i32.add (local.get $x) (i32.const 16)))
        (local.set $y (i32.add (local.get $y) (i32.const 16)))
        (br $next)))))
