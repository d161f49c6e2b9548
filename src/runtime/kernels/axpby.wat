;; y = a·x + b·y in place over flat memory, four floats at a time; x and y may be the same vector.
;; Arguments: byte offsets of x, y (multiples of 16), number of floats (a multiple of 4), a, b.
(module
  (import "memory" "memory" (memory 1))
  (func (export "axpby")
    (param $x i32) (param $y i32) (param $n i32)
    (param $a f32) (param $b f32)
    (local $end i32) (local $as v128) (local $bs v128)
    (local.set $as (f32x4.splat (local.get $a)))
    (local.set $bs (f32x4.splat (local.get $b)))
    (local.set $end (i32.add (local.get $y) (i32.shl (local.get $n) (i32.const 2))))
    (block $done
      (loop $next
        (br_if $done (i32.ge_u (local.get $y) (local.get $end)))
        (v128.store (local.get $y)
          (f32x4.add
            (f32x4.mul (v128.load (local.get $x)) (local.get $as))
            (f32x4.mul (v128.load (local.get $y)) (local.get $bs))))
        (local.set $x (i32.add (local.get $x) (i32.const 16)))
        (local.set $y (i32.add (local.get $y) (i32.const 16)))
        (br $next)))))
