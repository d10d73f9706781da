package audit

// A Progress is how far the journal has come, as this process knows it.
type Progress struct {
	Entries uint64 // the newest entry's number
	Signed  uint64 // entries that the newest signed head covers
	Waiting int    // appends that wait for the group that is being written
	Running int    // slots that calls of this process have taken
}

// Progress returns how far the journal has come. It costs no more than two locks that are held shortly.
func (j *Journal) Progress() Progress {
	p := Progress{Waiting: j.queue.length(), Running: len(j.slots)}
	j.mu.Lock()
	defer j.mu.Unlock()
	p.Entries, p.Signed = j.at.seq, j.signed
	return p
}
