;; Philox4x32-10 (Salmon et al. 2011), four blocks at a time: lane i of the counter's words belongs to block b + i.
;; Arguments: byte offset of the result (a multiple of 16), number of blocks (a multiple of 4), number of the first block,
;; the counter's other words, the key, and the form of the result: 0 for 32-bit words, 1 for floats in [0, 1) of 24 bits,
;; 2 for standard normal floats.
(module
  (import "memory" "memory" (memory 1))
  ;; √(−2 ln u), u = (w + ½)·2⁻³², of two words, the lower lanes of $w: u = m·2^(e − 33) with m about 1, ln m = 2 artanh s.
  (func $radius (param $w v128) (result v128)
    (local $m v128) (local $e v128) (local $s v128) (local $z v128)
    (local.set $m (f64x2.convert_low_i32x4_u (local.get $w)))
    (local.set $m (f64x2.add (f64x2.add (local.get $m) (local.get $m)) (f64x2.splat (f64.const 0x1p+0))))
    (local.set $e (i64x2.shr_s (i64x2.sub (local.get $m) (i64x2.splat (i64.const 0x3fe6a09e00000000))) (i32.const 52)))
    (local.set $m (i64x2.sub (local.get $m) (i64x2.shl (local.get $e) (i32.const 52))))
    (local.set $e (f64x2.convert_low_i32x4_s
      (i8x16.shuffle 0 1 2 3 8 9 10 11 0 1 2 3 8 9 10 11 (local.get $e) (local.get $e))))
    (local.set $s (f64x2.div
      (f64x2.sub (local.get $m) (f64x2.splat (f64.const 0x1p+0)))
      (f64x2.add (local.get $m) (f64x2.splat (f64.const 0x1p+0)))))
    (local.set $z (f64x2.mul (local.get $s) (local.get $s)))
    (f64x2.sqrt (f64x2.mul (f64x2.splat (f64.const -0x1p+1)) (f64x2.add
      (f64x2.mul (local.get $s)
        (f64x2.add (f64x2.splat (f64.const 0x1p+1)) (f64x2.mul (local.get $z)
        (f64x2.add (f64x2.splat (f64.const 0x1.5555555555555p-1)) (f64x2.mul (local.get $z)
        (f64x2.add (f64x2.splat (f64.const 0x1.999999999999ap-2)) (f64x2.mul (local.get $z)
        (f64x2.add (f64x2.splat (f64.const 0x1.2492492492492p-2)) (f64x2.mul (local.get $z)
        (f64x2.add (f64x2.splat (f64.const 0x1.c71c71c71c71cp-3)) (f64x2.mul (local.get $z)
        (f64x2.add (f64x2.splat (f64.const 0x1.745d1745d1746p-3)) (f64x2.mul (local.get $z)
        (f64x2.add (f64x2.splat (f64.const 0x1.3b13b13b13b14p-3)) (f64x2.mul (local.get $z)
        (f64x2.splat (f64.const 0x1.1111111111111p-3)))))))))))))))))
      (f64x2.mul (f64x2.sub (local.get $e) (f64x2.splat (f64.const 0x1.08p+5))) (f64x2.splat (f64.const 0x1.62e42fefa39efp-1)))))))
  ;; Sine and cosine of two angles, the lower lanes of $x, in 2³²nds of a turn within an eighth of it.
  (func $circle (param $x v128) (result v128 v128)
    (local $z v128)
    (local.set $x (f64x2.mul (f64x2.convert_low_i32x4_s (local.get $x)) (f64x2.splat (f64.const 0x1.921fb54442d18p-30))))
    (local.set $z (f64x2.mul (local.get $x) (local.get $x)))
    (f64x2.mul (local.get $x)
      (f64x2.add (f64x2.splat (f64.const 0x1p+0)) (f64x2.mul (local.get $z)
      (f64x2.add (f64x2.splat (f64.const -0x1.5555555555555p-3)) (f64x2.mul (local.get $z)
      (f64x2.add (f64x2.splat (f64.const 0x1.1111111111111p-7)) (f64x2.mul (local.get $z)
      (f64x2.add (f64x2.splat (f64.const -0x1.a01a01a01a01ap-13)) (f64x2.mul (local.get $z)
      (f64x2.add (f64x2.splat (f64.const 0x1.71de3a556c734p-19)) (f64x2.mul (local.get $z)
      (f64x2.add (f64x2.splat (f64.const -0x1.ae64567f544e4p-26)) (f64x2.mul (local.get $z)
      (f64x2.splat (f64.const 0x1.6124613a86d09p-33)))))))))))))))
    (f64x2.add (f64x2.splat (f64.const 0x1p+0)) (f64x2.mul (local.get $z)
    (f64x2.add (f64x2.splat (f64.const -0x1p-1)) (f64x2.mul (local.get $z)
    (f64x2.add (f64x2.splat (f64.const 0x1.5555555555555p-5)) (f64x2.mul (local.get $z)
    (f64x2.add (f64x2.splat (f64.const -0x1.6c16c16c16c17p-10)) (f64x2.mul (local.get $z)
    (f64x2.add (f64x2.splat (f64.const 0x1.a01a01a01a01ap-16)) (f64x2.mul (local.get $z)
    (f64x2.add (f64x2.splat (f64.const -0x1.27e4fb7789f5cp-22)) (f64x2.mul (local.get $z)
    (f64x2.splat (f64.const 0x1.1eed8eff8d898p-29)))))))))))))))
  ;; Two normal numbers from each two words (Box and Muller 1958), in the order of core/random.ts.
  (func $normals (param $w0 v128) (param $w1 v128) (result v128 v128)
    (local $r v128) (local $quarter v128) (local $odd v128) (local $s v128) (local $c v128) (local $s2 v128) (local $c2 v128)
    (local.set $quarter (i32x4.shr_u (i32x4.add (local.get $w1) (i32x4.splat (i32.const 0x20000000))) (i32.const 30)))
    (local.set $w1 (i32x4.sub (local.get $w1) (i32x4.shl (local.get $quarter) (i32.const 30))))
    (call $circle (local.get $w1))
    (local.set $c)
    (local.set $s)
    (local.set $r (call $radius (local.get $w0)))
    (local.set $s (f32x4.demote_f64x2_zero (f64x2.mul (local.get $r) (local.get $s))))
    (local.set $c (f32x4.demote_f64x2_zero (f64x2.mul (local.get $r) (local.get $c))))
    (call $circle (i8x16.shuffle 8 9 10 11 12 13 14 15 8 9 10 11 12 13 14 15 (local.get $w1) (local.get $w1)))
    (local.set $c2)
    (local.set $s2)
    (local.set $r (call $radius
      (i8x16.shuffle 8 9 10 11 12 13 14 15 8 9 10 11 12 13 14 15 (local.get $w0) (local.get $w0))))
    (local.set $s2 (f32x4.demote_f64x2_zero (f64x2.mul (local.get $r) (local.get $s2))))
    (local.set $c2 (f32x4.demote_f64x2_zero (f64x2.mul (local.get $r) (local.get $c2))))
    (local.set $s (i8x16.shuffle 0 1 2 3 4 5 6 7 16 17 18 19 20 21 22 23 (local.get $s) (local.get $s2)))
    (local.set $c (i8x16.shuffle 0 1 2 3 4 5 6 7 16 17 18 19 20 21 22 23 (local.get $c) (local.get $c2)))
    ;; a quarter of a turn further, sine and cosine change places and one its sign
    (local.set $odd (i32x4.shr_s (i32x4.shl (local.get $quarter) (i32.const 31)) (i32.const 31)))
    (v128.xor
      (v128.bitselect (local.get $s) (local.get $c) (local.get $odd))
      (i32x4.shl
        (v128.and
          (i32x4.add (local.get $quarter) (i32x4.splat (i32.const 1)))
          (i32x4.splat (i32.const 2)))
        (i32.const 30)))
    (v128.xor
      (v128.bitselect (local.get $c) (local.get $s) (local.get $odd))
      (i32x4.shl (v128.and (local.get $quarter) (i32x4.splat (i32.const 2))) (i32.const 30))))
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
        (if (i32.eq (local.get $form) (i32.const 1))
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
        (if (i32.eq (local.get $form) (i32.const 2))
          (then
            (call $normals (local.get $c0) (local.get $c1))
            (local.set $c1)
            (local.set $c0)
            (call $normals (local.get $c2) (local.get $c3))
            (local.set $c3)
            (local.set $c2)))
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
