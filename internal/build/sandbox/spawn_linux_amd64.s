#include "go_asm.h"
#include "textflag.h"

// func cloneAndRun(flags uintptr, steps *step, n int, r *report) (pid int, errno uintptr)
//
// Linux takes the number of a system call in AX and its arguments in DI, SI, DX, R10, R8 and R9; it changes AX, CX
// and R11 alone. Errors come as small negative numbers.
TEXT ·cloneAndRun(SB), NOSPLIT, $0-48
	MOVQ steps+8(FP), R12
	MOVQ n+16(FP), R13
	MOVQ r+24(FP), BX
	MOVQ flags+0(FP), DI
	XORL SI, SI // the child has no use for a stack
	XORL DX, DX
	XORL R10, R10
	XORL R8, R8
	MOVL $56, AX // clone
	SYSCALL
	TESTQ AX, AX
	JEQ  child
	CMPQ AX, $-4096
	JLS  cloned
	NEGQ AX
	MOVQ $0, pid+32(FP)
	MOVQ AX, errno+40(FP)
	RET

cloned:
	MOVQ AX, pid+32(FP)
	MOVQ $0, errno+40(FP)
	RET

child:
	XORL R14, R14 // the number of the step
	XORL R15, R15 // the register

step:
	CMPQ R14, R13
	JEQ  over
	MOVQ step_args+0(R12), DI
	CMPB step_fromReg(R12), $0
	JEQ  call
	MOVQ R15, DI

call:
	MOVQ step_args+8(R12), SI
	MOVQ step_args+16(R12), DX
	MOVQ step_args+24(R12), R10
	MOVQ step_args+32(R12), R8
	MOVQ step_args+40(R12), R9
	MOVQ step_nr(R12), AX
	SYSCALL
	CMPQ AX, $-4096
	JHI  failed
	MOVQ step_want(R12), CX
	TESTQ CX, CX
	JEQ  keep
	CMPQ AX, CX
	JEQ  keep
	MOVQ $-125, AX // ECANCELED

failed:
	NEGQ AX
	CMPB step_try(R12), $0
	JNE  next
	CMPQ AX, step_pass+0(R12)
	JEQ  next
	CMPQ AX, step_pass+8(R12)
	JEQ  next

over:
	MOVQ R14, report_index(BX)
	MOVQ AX, report_errno(BX)
	MOVQ report_fd(BX), DI
	MOVQ BX, SI
	MOVL $const_failureSize, DX
	MOVL $1, AX // write
	SYSCALL

exit:
	MOVL $1, DI
	MOVL $231, AX // exit_group
	SYSCALL
	JMP  exit

keep:
	CMPB step_toReg(R12), $0
	JEQ  next
	MOVQ AX, R15

next:
	ADDQ $step__size, R12
	INCQ R14
	JMP  step
