;; Each number of g within ±limit, in place, four floats at a time; NaN stays NaN.
;; Arguments: byte offset of g (a multiple of 16), number of floats (a multiple of 4), limit.
(module
  (import "memory" "memory" (memory 1))
  (func (export "clip")
    (param $g i32) (param $n i32)
    (param $limit f32)
    (local $end i32) (local $low v128) (local $high v128)
    (local.set $low (f32x4.splat (f32.neg (local.get $limit))))
    (local.set $high (f32x4.splat (local.get $limit)))
    (local.set $end (i32.add (local.get $g) (i32.shl (local.get $n) (i32.const 2))))
    (block $done
      (loop $next
        (br_if $done (i32.ge_u (local.get $g) (local.get $end)))
        (v128.store (local.get $g)
          (f32x4.min (f32x4.max (v128.load (local.get $g)) (local.get $low)) (local.get $high)))
        (local.set $g (i32.add (local.get $g) (i32.const 16)))
        (br $next)))))
