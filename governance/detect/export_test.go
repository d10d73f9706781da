package detect

// ValidIdentity reports whether a number without separators satisfies the check of a rule.
func ValidIdentity(rule, plain string) bool {
	for _, one := range identities() {
		if one.rule == rule && len(plain) >= one.least && len(plain) <= one.most && one.valid(plain) && !uniform(plain) {
			return true
		}
	}
	return false
}
