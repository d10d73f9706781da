package detect

// literals returns what a filter for the detectors looks for.
func literals(d Detectors, forms []tokenForm) []literal {
	var all []literal
	if d&Secrets != 0 {
		all = append(all, secretLiterals(forms)...)
	}
	if d&PII != 0 {
		all = append(all, personalLiterals()...)
	}
	if d&(Injection|Definition) != 0 {
		all = append(all, ideaLiterals()...)
		all = append(all, markerLiterals()...)
		all = append(all, literal{text: "```", role: roleFence})
		all = append(all, invisibleLiterals()...)
		all = append(all, disguiseLiterals()...)
	}
	if d&Terminal != 0 {
		all = append(all, literal{text: "\x1B", role: roleControl}) // all control characters are one class
		all = append(all, literal{text: "\xC2", role: roleHidden, exact: true})
	}
	return append(all, escapeLiterals()...)
}

// invisibleLiterals returns the first bytes of characters that may be invisible.
func invisibleLiterals() []literal {
	all := make([]literal, 0, 32)
	for _, text := range [...]string{"\xF3\xA0", "\xEF\xB8", "\xEF\xBB\xBF", "\xE2\x80\x8B", "\xE2\x80\x8C", "\xE2\x80\x8D", "\xE2\x80\xAA", "\xE2\x80\xAB", "\xE2\x80\xAD", "\xE2\x80\xAE", "\xE2\x81\xA0", "\xE2\x81\xA1", "\xE2\x81\xA2", "\xE2\x81\xA3", "\xE2\x81\xA4", "\xE2\x81\xA6", "\xE2\x81\xA7", "\xE2\x81\xA8", "\xE2\x81\xAA", "\xE2\x81\xAB", "\xE2\x81\xAC", "\xE2\x81\xAD", "\xE2\x81\xAE", "\xE2\x81\xAF", "\xE3\x85\xA4", "\xE1\x85\x9F", "\xE1\x85\xA0", "\xE1\xA0\x8E"} {
		all = append(all, literal{text: text, role: roleHidden, exact: true})
	}
	return all
}
