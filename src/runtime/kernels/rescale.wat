;; g = g·min(1, limit / (‖g‖ + 1e-6)) in place, four floats at a time; squares are summed in 64 bits.
;; NaN or an infinity in g makes NaN of it, which the next measured step finds.
;; Arguments: byte offset of g (a multiple of 16), number of floats (a multiple of 4), limit.
(module
  (import "memory" "memory" (memory 1))
  (func (export "rescale") (param $g i32) (param $n i32) (param $limit f32)
    (local $at i32) (local $end i32) (local $four v128) (local $low v128) (local $high v128) (local $total v128)
    (local $factor f64) (local $factors v128)
    (local.set $at (local.get $g))
    (local.set $end (i32.add (local.get $g) (i32.shl (local.get $n) (i32.const 2))))
    (block $summed
      (loop $next
        (br_if $summed (i32.ge_u (local.get $at) (local.get $end)))
        (local.set $four (v128.load (local.get $at)))
        (local.set $low (f64x2.promote_low_f32x4 (local.get $four)))
        (local.set $high
          (f64x2.promote_low_f32x4
            (i8x16.shuffle 8 9 10 11 12 13 14 15 8 9 10 11 12 13 14 15 (local.get $four) (local.get $four))))
        (local.set $total
          (f64x2.add
            (local.get $total)
            (f64x2.add
              (f64x2.mul (local.get $low) (local.get $low))
              (f64x2.mul (local.get $high) (local.get $high)))))
        (local.set $at (i32.add (local.get $at) (i32.const 16)))
        (br $next)))
    (local.set $factor
      (f64.min
        (f64.const 1)
        (f64.div
          (f64.promote_f32 (local.get $limit))
          (f64.add
            (f64.sqrt
              (f64.add (f64x2.extract_lane 0 (local.get $total)) (f64x2.extract_lane 1 (local.get $total))))
            (f64.const 1e-6)))))
    (if (f64.eq (local.get $factor) (f64.const 1)) (then (return)))
    (local.set $factors (f32x4.splat (f32.demote_f64 (local.get $factor))))
    (block $done
      (loop $next
        (br_if $done (i32.ge_u (local.get $g) (local.get $end)))
        (v128.store (local.get $g) (f32x4.mul (v128.load (local.get $g)) (local.get $factors)))
        (local.set $g (i32.add (local.get $g) (i32.const 16)))
        (br $next)))))
