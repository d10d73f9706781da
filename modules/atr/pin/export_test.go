package pin

// SetMost has a book remember fewer names than it otherwise would.
func (b *Book) SetMost(n int) { b.most = n }
