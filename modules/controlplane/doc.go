// Package controlplane is the kernel's own surface: what an agent asks to have done (kernel_execute and its actions on
// files and memory), what it may ask about its rights (policy_check), its budget (execution_open, _usage, _close) and
// its past (get_audit_log, audit_receipt, verify_audit_log), and what an operator restores (checkpoint_list, _restore).
//
// It is layer 3 of the architecture. Every action is a governed tool of its own, so kernel_execute runs nothing that
// policy did not allow by the action's own name, and nothing is simulated: an action that cannot be done says why. The
// files Files reaches lie inside configured roots, which the operating system enforces (os.Root); memory lies in a
// virtual file system over the state backend, a tree for each identity.
package controlplane
