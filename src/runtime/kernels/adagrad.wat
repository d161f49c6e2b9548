;; Adagrad in place over flat memory, four floats at a time: v = v + g², p = p - a·g / (√v + e).
;; Arguments: byte offsets of p, v, g (multiples of 16), number of floats (a multiple of 4), a, e.
(module
  (import "memory" "memory" (memory 1))
  (func (export "adagrad")
    (param $p i32) (param $v i32) (param $g i32) (param $n i32)
    (param $a f32) (param $e f32)
    (local $end i32) (local $as v128) (local $es v128) (local $gradient v128) (local $second v128)
    (local.set $as (f32x4.splat (local.get $a)))
    (local.set $es (f32x4.splat (local.get $e)))
    (local.set $end (i32.add (local.get $g) (i32.shl (local.get $n) (i32.const 2))))
    (block $done
      (loop $next
        (br_if $done (i32.ge_u (local.get $g) (local.get $end)))
        (local.set $gradient (v128.load (local.get $g)))
        (local.set $second
          (f32x4.add (v128.load (local.get $v)) (f32x4.mul (local.get $gradient) (local.get $gradient))))
        (v128.store (local.get $v) (local.get $second))
        (v128.store (local.get $p)
          (f32x4.sub
            (v128.load (local.get $p))
            (f32x4.div
              (f32x4.mul (local.get $gradient) (local.get $as))
              (f32x4.add (f32x4.sqrt (local.get $second)) (local.get $es)))))
        (local.set $p (i32.add (local.get $p) (i32.const 16)))
        (local.set $v (i32.add (local.get $v) (i32.const 16)))
        (local.set $g (i32.add (local.get $g) (i32.const 16)))
        (br $next)))))
