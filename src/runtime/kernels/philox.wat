;; Philox4x32-10 (Salmon et al. 2011), four blocks at a time: lane i of the counter's words belongs to block b + i.
;; Arguments: byte offset of the result (a multiple of 16), number of blocks (a multiple of 4), number of the first block,
;; the counter's other words, the key, and the form of the result: 0 for 32-bit words, 1 for floats in [0, 1) of 24 bits.
(module
  (import "memory" "memory" (memory 1))
  (func (export "philox")
    (param $out i32) (param $blocks i32) (param $first i32)
    (param $item i32) (param $step i32) (param $high i32) (param $seed i32) (param $key i32) (param $form i32)
    (local $end i32) (local $round i32) (local $count v128) (local $m0 v128) (local $m1 v128)
    (local $c0 v128) (local $c1 v128) (local $c2 v128) (local $c3 v128) (local $k0 v128) (local $k1 v128)
    (local $high0 v128) (local $high1 v128) (local $x v128) (local $y v128)
    (local.set $m0 (i32x4.splat (i32.const 0xd2511f53)))
    (local.set $m1 (i32x4.splat (i32.const 0xcd9e8d57)))
    (local.set $count (i32x4.add (i32x4.splat (local.get $first)) (v128.const i32x4 0 1 2 3)))
    (local.set $end (i32.add (local.get $out) (i32.shl (local.get $blocks) (i32.const 4))))
    (block $done
      (loop $next
        (br_if $done (i32.ge_u (local.get $out) (local.get $end)))
        (local.set $c0 (local.get $count))
        (local.set $c1 (i32x4.splat (local.get $item)))
        (local.set $c2 (i32x4.splat (local.get $step)))
        (local.set $c3 (i32x4.splat (local.get $high)))
        (local.set $k0 (i32x4.splat (local.get $seed)))
        (local.set $k1 (i32x4.splat (local.get $key)))
        (local.set $round (i32.const 10))
        (loop $again
          ;; the high words of four 64-bit products
          (local.set $high0
            (i8x16.shuffle 4 5 6 7 12 13 14 15 20 21 22 23 28 29 30 31
              (i64x2.extmul_low_i32x4_u (local.get $c0) (local.get $m0))
              (i64x2.extmul_high_i32x4_u (local.get $c0) (local.get $m0))))
          (local.set $high1
            (i8x16.shuffle 4 5 6 7 12 13 14 15 20 21 22 23 28 29 30 31
              (i64x2.extmul_low_i32x4_u (local.get $c2) (local.get $m1))
              (i64x2.extmul_high_i32x4_u (local.get $c2) (local.get $m1))))
          (local.set $x (i32x4.mul (local.get $c0) (local.get $m0)))
          (local.set $c0 (v128.xor (v128.xor (local.get $high1) (local.get $c1)) (local.get $k0)))
          (local.set $c1 (i32x4.mul (local.get $c2) (local.get $m1)))
          (local.set $c2 (v128.xor (v128.xor (local.get $high0) (local.get $c3)) (local.get $k1)))
          (local.set $c3 (local.get $x))
          (local.set $k0 (i32x4.add (local.get $k0) (i32x4.splat (i32.const 0x9e3779b9))))
          (local.set $k1 (i32x4.add (local.get $k1) (i32x4.splat (i32.const 0xbb67ae85))))
          (br_if $again (local.tee $round (i32.sub (local.get $round) (i32.const 1)))))
        (if (local.get $form)
          (then
            (local.set $c0 (f32x4.mul
              (f32x4.convert_i32x4_u (i32x4.shr_u (local.get $c0) (i32.const 8)))
              (f32x4.splat (f32.const 0x1p-24))))
            (local.set $c1 (f32x4.mul
              (f32x4.convert_i32x4_u (i32x4.shr_u (local.get $c1) (i32.const 8)))
              (f32x4.splat (f32.const 0x1p-24))))
            (local.set $c2 (f32x4.mul
              (f32x4.convert_i32x4_u (i32x4.shr_u (local.get $c2) (i32.const 8)))
              (f32x4.splat (f32.const 0x1p-24))))
            (local.set $c3 (f32x4.mul
              (f32x4.convert_i32x4_u (i32x4.shr_u (local.get $c3) (i32.const 8)))
              (f32x4.splat (f32.const 0x1p-24))))
          ))
        ;; lanes to blocks: pairs of words of two blocks, then whole blocks
        (local.set $x (i8x16.shuffle 0 1 2 3 16 17 18 19 4 5 6 7 20 21 22 23 (local.get $c0) (local.get $c1)))
        (local.set $y (i8x16.shuffle 0 1 2 3 16 17 18 19 4 5 6 7 20 21 22 23 (local.get $c2) (local.get $c3)))
        (v128.store (local.get $out) (i8x16.shuffle 0 1 2 3 4 5 6 7 16 17 18 19 20 21 22 23 (local.get $x) (local.get $y)))
        (v128.store offset=16 (local.get $out) (i8x16.shuffle 8 9 10 11 12 13 14 15 24 25 26 27 28 29 30 31 (local.get $x) (local.get $y)))
        (local.set $x (i8x16.shuffle 8 9 10 11 24 25 26 27 12 13 14 15 28 29 30 31 (local.get $c0) (local.get $c1)))
        (local.set $y (i8x16.shuffle 8 9 10 11 24 25 26 27 12 13 14 15 28 29 30 31 (local.get $c2) (local.get $c3)))
        (v128.store offset=32 (local.get $out) (i8x16.shuffle 0 1 2 3 4 5 6 7 16 17 18 19 20 21 22 23 (local.get $x) (local.get $y)))
        (v128.store offset=48 (local.get $out) (i8x16.shuffle 8 9 10 11 12 13 14 15 24 25 26 27 28 29 30 31 (local.get $x) (local.get $y)))
        (local.set $count (i32x4.add (local.get $count) (i32x4.splat (i32.const 4))))
        (local.set $out (i32.add (local.get $out) (i32.const 64)))
        (br $next)))))
