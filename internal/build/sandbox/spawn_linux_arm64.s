#include "go_asm.h"
#include "textflag.h"

// func cloneAndRun(flags uintptr, steps *step, n int, r *report) (pid int, errno uintptr)
//
// Linux takes the number of a system call in R8 and its arguments in R0 to R5; it changes R0 alone. Errors come as
// small negative numbers.
TEXT ·cloneAndRun(SB), NOSPLIT, $0-48
	MOVD steps+8(FP), R19
	MOVD n+16(FP), R20
	MOVD r+24(FP), R21
	MOVD flags+0(FP), R0
	MOVD $0, R1 // the child has no use for a stack
	MOVD $0, R2
	MOVD $0, R3
	MOVD $0, R4
	MOVD $220, R8 // clone
	SVC
	CBZ  R0, child
	CMN  $4095, R0
	BCC  cloned
	NEG  R0, R0
	MOVD ZR, pid+32(FP)
	MOVD R0, errno+40(FP)
	RET

cloned:
	MOVD R0, pid+32(FP)
	MOVD ZR, errno+40(FP)
	RET

child:
	MOVD $0, R22 // the number of the step
	MOVD $0, R23 // the register

step:
	CMP  R20, R22
	BEQ  over
	MOVD step_args+0(R19), R0
	MOVBU step_fromReg(R19), R9
	CBZ  R9, call
	MOVD R23, R0

call:
	MOVD step_args+8(R19), R1
	MOVD step_args+16(R19), R2
	MOVD step_args+24(R19), R3
	MOVD step_args+32(R19), R4
	MOVD step_args+40(R19), R5
	MOVD step_nr(R19), R8
	SVC
	CMN  $4095, R0
	BCS  failed
	MOVD step_want(R19), R9
	CBZ  R9, keep
	CMP  R0, R9
	BEQ  keep
	MOVD $-125, R0 // ECANCELED

failed:
	NEG  R0, R0
	MOVBU step_try(R19), R9
	CBNZ R9, next
	MOVD step_pass+0(R19), R9
	CMP  R0, R9
	BEQ  next
	MOVD step_pass+8(R19), R9
	CMP  R0, R9
	BEQ  next

over:
	MOVD R22, report_index(R21)
	MOVD R0, report_errno(R21)
	MOVD report_fd(R21), R0
	MOVD R21, R1
	MOVD $const_failureSize, R2
	MOVD $64, R8 // write
	SVC

exit:
	MOVD $1, R0
	MOVD $94, R8 // exit_group
	SVC
	B    exit

keep:
	MOVBU step_toReg(R19), R9
	CBZ  R9, next
	MOVD R0, R23

next:
	ADD  $step__size, R19
	ADD  $1, R22
	B    step
