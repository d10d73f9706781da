package cmvk

// An axis is a pair of opposites. A word on it points one way or the other, and a negation before it turns it round, so
// that "not allowed" and "forbidden" are the same. The zero value is no axis.
type axis uint8

// The ways a word on an axis points.
const (
	forth int8 = 1
	back  int8 = -1
)

const (
	noAxis axis = iota
	safetyAxis
	truthAxis
	permissionAxis
	amountAxis
	successAxis
	activityAxis
	possibilityAxis
	legalityAxis
	guiltAxis
	timeAxis
	heightAxis
	opennessAxis
	tradeAxis
	resultAxis
	lifeAxis
	signAxis
	heatAxis
	victoryAxis
	runningAxis
	inclusionAxis
	presenceAxis
	frequencyAxis
	extentAxis
	boundAxis
	adviceAxis
	securityAxis
	stabilityAxis
	likelihoodAxis
	legitimacyAxis
	needAxis
	publicityAxis
	encryptionAxis
	healthAxis
	agreementAxis
	connectionAxis
	supportAxis
	rankAxis
	sideAxis
	latitudeAxis
	longitudeAxis
	stateAxis
	sexAxis
	entryAxis
	borderAxis
	accessAxis
	axisCount
)

// axisOf returns where a folded word stands. It is a closed list of the opposites that reverse an answer; all other
// words are compared as words.
func axisOf(w string) (axis, int8) {
	for _, table := range [...]func(string) (axis, int8){judgements, happenings, conditions} {
		if a, sign := table(w); a != noAxis {
			return a, sign
		}
	}
	return noAxis, 0
}

//nolint:funlen // a table
func judgements(w string) (axis, int8) {
	switch w {
	case "safe", "harmless", "benign":
		return safetyAxis, forth
	case "unsafe", "dangerous", "hazardous", "harmful":
		return safetyAxis, back
	case "true", "correct", "right", "accurate", "valid":
		return truthAxis, forth
	case "false", "incorrect", "wrong", "inaccurate", "invalid", "untrue":
		return truthAxis, back
	case "allow", "allowed", "allowing", "permit", "permitted", "permissible",
		"approve", "approved", "accept", "accepted", "grant", "granted":
		return permissionAxis, forth
	case "deny", "denied", "denying", "forbid", "forbidden", "prohibit", "prohibited",
		"reject", "rejected", "refuse", "refused", "disallow", "disallowed", "decline":
		return permissionAxis, back
	case "increase", "increased", "increasing", "rise", "rising", "rose", "grow", "grew", "growing", "higher", "more":
		return amountAxis, forth
	case "decrease", "decreased", "decreasing", "fall", "fell", "falling", "shrink", "shrank", "drop", "dropped", "lower", "less", "fewer":
		return amountAxis, back
	case "succeed", "succeeded", "success", "successful", "successfully", "pass", "passed":
		return successAxis, forth
	case "fail", "failed", "failing", "failure", "unsuccessful", "unsuccessfully":
		return successAxis, back
	case "enable", "enabled", "active", "activated":
		return activityAxis, forth
	case "disable", "disabled", "inactive", "deactivated":
		return activityAxis, back
	case "possible", "feasible", "able":
		return possibilityAxis, forth
	case "impossible", "infeasible", "unable":
		return possibilityAxis, back
	case "legal", "lawful":
		return legalityAxis, forth
	case "illegal", "unlawful":
		return legalityAxis, back
	case "guilty":
		return guiltAxis, forth
	case "innocent":
		return guiltAxis, back
	case "before", "earlier":
		return timeAxis, forth
	case "after", "later":
		return timeAxis, back
	case "above", "over", "exceed", "exceeded", "exceeding":
		return heightAxis, forth
	case "below", "under":
		return heightAxis, back
	case "open", "opened":
		return opennessAxis, forth
	case "close", "closed":
		return opennessAxis, back
	case "buy", "bought", "purchase", "purchased":
		return tradeAxis, forth
	case "sell", "sold":
		return tradeAxis, back
	case "profit", "gain", "gained":
		return resultAxis, forth
	case "loss", "lose", "lost":
		return resultAxis, back
	case "alive":
		return lifeAxis, forth
	case "dead":
		return lifeAxis, back
	}
	return noAxis, 0
}

//nolint:funlen // a table
func happenings(w string) (axis, int8) {
	switch w {
	case "positive":
		return signAxis, forth
	case "negative":
		return signAxis, back
	case "hot", "warm":
		return heatAxis, forth
	case "cold", "cool":
		return heatAxis, back
	case "win", "won":
		return victoryAxis, forth
	case "defeat", "defeated":
		return victoryAxis, back
	case "start", "started", "begin", "began":
		return runningAxis, forth
	case "stop", "stopped", "end", "ended", "finish", "finished":
		return runningAxis, back
	case "include", "included", "including":
		return inclusionAxis, forth
	case "exclude", "excluded", "excluding", "except":
		return inclusionAxis, back
	case "present", "available":
		return presenceAxis, forth
	case "absent", "unavailable", "missing":
		return presenceAxis, back
	case "always":
		return frequencyAxis, forth
	case "seldom", "rarely":
		return frequencyAxis, back
	case "all", "everyone", "everybody", "everything":
		return extentAxis, forth
	case "zero":
		return extentAxis, back
	case "maximum", "max", "most":
		return boundAxis, forth
	case "minimum", "min", "least":
		return boundAxis, back
	case "recommend", "recommended", "advisable":
		return adviceAxis, forth
	case "discourage", "discouraged", "inadvisable", "contraindicated":
		return adviceAxis, back
	case "secure", "protected":
		return securityAxis, forth
	case "insecure", "vulnerable", "unprotected":
		return securityAxis, back
	case "stable":
		return stabilityAxis, forth
	case "unstable":
		return stabilityAxis, back
	case "likely":
		return likelihoodAxis, forth
	case "unlikely":
		return likelihoodAxis, back
	case "legitimate":
		return legitimacyAxis, forth
	case "illegitimate", "fraudulent":
		return legitimacyAxis, back
	case "necessary", "required", "mandatory":
		return needAxis, forth
	case "unnecessary", "optional":
		return needAxis, back
	case "public":
		return publicityAxis, forth
	case "private":
		return publicityAxis, back
	}
	return noAxis, 0
}

//nolint:funlen // a table
func conditions(w string) (axis, int8) {
	switch w {
	case "encrypted":
		return encryptionAxis, forth
	case "unencrypted", "plaintext":
		return encryptionAxis, back
	case "healthy":
		return healthAxis, forth
	case "unhealthy":
		return healthAxis, back
	case "agree", "agreed":
		return agreementAxis, forth
	case "disagree", "disagreed":
		return agreementAxis, back
	case "connect", "connected":
		return connectionAxis, forth
	case "disconnect", "disconnected":
		return connectionAxis, back
	case "support", "supported":
		return supportAxis, forth
	case "oppose", "opposed", "unsupported":
		return supportAxis, back
	case "first":
		return rankAxis, forth
	case "last":
		return rankAxis, back
	case "left":
		return sideAxis, forth
	case "right-hand":
		return sideAxis, back
	case "north", "northern":
		return latitudeAxis, forth
	case "south", "southern":
		return latitudeAxis, back
	case "east", "eastern":
		return longitudeAxis, forth
	case "west", "western":
		return longitudeAxis, back
	case "liquid":
		return stateAxis, forth
	case "solid":
		return stateAxis, back
	case "male":
		return sexAxis, forth
	case "female":
		return sexAxis, back
	case "debit":
		return entryAxis, forth
	case "credit":
		return entryAxis, back
	case "import", "imported":
		return borderAxis, forth
	case "export", "exported":
		return borderAxis, back
	case "read-only":
		return accessAxis, forth
	case "writable":
		return accessAxis, back
	}
	return noAxis, 0
}
