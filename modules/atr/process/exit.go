package process

// Exit returns the code with which the program ended, -1 while it runs and where a signal ended it.
func (p *Process) Exit() int {
	select {
	case <-p.done:
		return p.cmd.ProcessState.ExitCode()
	default:
		return -1
	}
}
