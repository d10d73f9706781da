package compare

import "github.com/mcp-kernel/mcp-kernel/governance"

// What becomes of answers and definitions, as a Verdict says it.
const (
	answerPasses   = "pass"
	answerRedacted = "redact"
	answerWithheld = "withhold"
)

// How little of a call or its answer passes: the more, the stricter.
const (
	rankPass = iota
	rankRedact
	rankWithhold
	rankAsk
	rankDeny
)

// A judgement is what one side says of a call or of its answer.
type judgement struct {
	governance.Decision

	effect string
	rank   int
}

// judged is what a side says of a call. What enforcing would deny counts as denied.
func judged(d governance.Decision) judgement {
	j := judgement{Decision: d, effect: d.Effect.String()}
	switch {
	case d.Effect == governance.Deny, d.Would:
		j.rank = rankDeny
	case d.Effect == governance.Ask:
		j.rank = rankAsk
	default:
		j.rank = rankPass
	}
	return j
}

// reviewed is what a side says of an answer.
func reviewed(d governance.Decision) judgement {
	j := judgement{Decision: d, effect: answerPasses}
	switch {
	case d.Effect != governance.Allow:
		j.effect, j.rank = answerWithheld, rankWithhold
	case d.Would:
		j.rank = rankWithhold
	case d.Redacted != nil:
		j.effect, j.rank = answerRedacted, rankRedact
	}
	return j
}

// verdict is the judgement as a report shows it. What was taken out of an answer, its findings name.
func (j *judgement) verdict() Verdict {
	v := Verdict{Effect: j.effect, Would: j.Would, Check: j.Check, Rule: j.Rule, Policy: j.Policy, Says: j.Reason}
	if j.rank == rankRedact && v.Check == "" && len(j.Findings) > 0 {
		v.Check, v.Rule = j.Findings[0].Check, j.Findings[0].Rule
	}
	return v
}

// clipped is a text that is not too long to be shown.
func clipped(text string) string {
	const most = 200
	if runes := []rune(text); len(runes) > most {
		return string(runes[:most-1]) + "…"
	}
	return text
}
