;; y[j] = w·Σᵢ x[i, j] of a matrix, row after row, sixteen columns at a time, then four, then one.
;; Arguments: byte offsets of x and y, rows, columns, w.
(module
  (import "memory" "memory" (memory 1))
  (func (export "sums")
    (param $x i32) (param $y i32) (param $rows i32) (param $columns i32) (param $w f32)
    (local $stride i32) (local $at i32) (local $end i32) (local $ws v128)
    (local $a v128) (local $b v128) (local $c v128) (local $d v128) (local $one f32)
    (local.set $stride (i32.shl (local.get $columns) (i32.const 2)))
    (local.set $end (i32.mul (local.get $rows) (local.get $stride)))
    (local.set $ws (f32x4.splat (local.get $w)))
    (block $narrow
      (loop $next
        (br_if $narrow (i32.lt_u (local.get $columns) (i32.const 16)))
        (local.set $a (v128.const f32x4 0 0 0 0))
        (local.set $b (v128.const f32x4 0 0 0 0))
        (local.set $c (v128.const f32x4 0 0 0 0))
        (local.set $d (v128.const f32x4 0 0 0 0))
        (local.set $at (i32.const 0))
        (block $done
          (loop $row
            (br_if $done (i32.ge_u (local.get $at) (local.get $end)))
            (local.set $a
              (f32x4.add (local.get $a) (v128.load (i32.add (local.get $x) (local.get $at)))))
            (local.set $b
              (f32x4.add (local.get $b) (v128.load offset=16 (i32.add (local.get $x) (local.get $at)))))
            (local.set $c
              (f32x4.add (local.get $c) (v128.load offset=32 (i32.add (local.get $x) (local.get $at)))))
            (local.set $d
              (f32x4.add (local.get $d) (v128.load offset=48 (i32.add (local.get $x) (local.get $at)))))
            (local.set $at (i32.add (local.get $at) (local.get $stride)))
            (br $row)))
        (v128.store (local.get $y) (f32x4.mul (local.get $a) (local.get $ws)))
        (v128.store offset=16 (local.get $y) (f32x4.mul (local.get $b) (local.get $ws)))
        (v128.store offset=32 (local.get $y) (f32x4.mul (local.get $c) (local.get $ws)))
        (v128.store offset=48 (local.get $y) (f32x4.mul (local.get $d) (local.get $ws)))
        (local.set $x (i32.add (local.get $x) (i32.const 64)))
        (local.set $y (i32.add (local.get $y) (i32.const 64)))
        (local.set $columns (i32.sub (local.get $columns) (i32.const 16)))
        (br $next)))
    (block $single
      (loop $next
        (br_if $single (i32.lt_u (local.get $columns) (i32.const 4)))
        (local.set $a (v128.const f32x4 0 0 0 0))
        (local.set $at (i32.const 0))
        (block $done
          (loop $row
            (br_if $done (i32.ge_u (local.get $at) (local.get $end)))
            (local.set $a
              (f32x4.add (local.get $a) (v128.load (i32.add (local.get $x) (local.get $at)))))
            (local.set $at (i32.add (local.get $at) (local.get $stride)))
            (br $row)))
        (v128.store (local.get $y) (f32x4.mul (local.get $a) (local.get $ws)))
        (local.set $x (i32.add (local.get $x) (i32.const 16)))
        (local.set $y (i32.add (local.get $y) (i32.const 16)))
        (local.set $columns (i32.sub (local.get $columns) (i32.const 4)))
        (br $next)))
    (block $all
      (loop $next
        (br_if $all (i32.eqz (local.get $columns)))
        (local.set $one (f32.const 0))
        (local.set $at (i32.const 0))
        (block $done
          (loop $row
            (br_if $done (i32.ge_u (local.get $at) (local.get $end)))
            (local.set $one
              (f32.add (local.get $one) (f32.load (i32.add (local.get $x) (local.get $at)))))
            (local.set $at (i32.add (local.get $at) (local.get $stride)))
            (br $row)))
        (f32.store (local.get $y) (f32.mul (local.get $one) (local.get $w)))
        (local.set $x (i32.add (local.get $x) (i32.const 4)))
        (local.set $y (i32.add (local.get $y) (i32.const 4)))
        (local.set $columns (i32.sub (local.get $columns) (i32.const 1)))
        (br $next)))))
