package detect

import (
	_ "embed"
	"slices"
	"strings"
)

// An idea is what words of an instruction mean, in whatever language. Instructions are recognised by ideas that stand
// together, so that a paraphrase needs no rule of its own.
type idea uint8

const (
	ideaIgnore    idea = iota // stop heeding
	ideaVoid                  // no longer valid
	ideaOrders                // instructions, rules
	ideaPrior                 // that came before
	ideaAll                   // all of them
	ideaYours                 // yours, those of the system
	ideaMatter                // messages, paragraphs: what else may be ignored
	ideaFavor                 // a verdict that somebody wants to have
	ideaPrompt                // the system prompt
	ideaReveal                // show, repeat
	ideaRole                  // you are now
	ideaUnbound               // without restrictions
	ideaNew                   // new instructions, your real task
	ideaReader                // an AI that reads this
	ideaUrgent                // important, system override
	ideaSecrecy               // do not tell
	ideaQuiet                 // silently
	ideaUser                  // the user
	ideaInvoke                // call, run
	ideaTool                  // a tool, a function
	ideaSend                  // send, upload
	ideaGoods                 // credentials, the conversation
	ideaAway                  // an address to send it to
	ideaFile                  // a file that holds secrets
	ideaRead                  // read, open
	ideaMust                  // must, please
	ideaBefore                // before using this tool
	ideaOther                 // other tools, another server
	ideaDestroy               // delete everything, transfer money
	ideaAddress               // note to AI
	ideaHidden                // a comment, an element that is not shown
	ideaTalk                  // talk about attacks of this kind
	ideaExample               // for example, such as
	ideaSay                   // say that, answer with, rate
	ideaChange                // delete, open, install
	ideaCondition             // when the user asks, from this moment
	ideaDone                  // the task is complete, next
	ideaApproved              // with permission, confirmed
	ideaAuthority             // who may give orders: developers, administrators
	ideaMoney                 // pay, transfer
	ideaMachine               // a bot, a model, an agent
	// What follows is weaker than what it is like, and tells something only together with much else.
	ideaQuit     // like ideaIgnore
	ideaStale    // like ideaVoid
	ideaFree     // like ideaUnbound
	ideaPlay     // like ideaRole
	ideaAffair   // like ideaMatter
	ideaTreasure // like ideaGoods
	ideaEarlier  // like ideaPrior
	ideaCover    // like ideaSecrecy
	ideaCount
)

// ideaNames are the names of the ideas in ideaWords, in their order.
const ideaNames = "ignore void orders prior all yours matter favor prompt reveal role unbound new reader urgent secrecy quiet user invoke tool send goods away " +
	"file read must before other destroy address hidden talk example say change condition done approved authority money machine " +
	"quit stale free play affair treasure earlier cover"

// ideaWords holds the words of every idea, in the languages in which orders to models are written; its head says how.
//
//go:embed ideas.txt
var ideaWords string

// ideaLiterals returns the literals of all ideas. One that stands for two ideas is two literals.
func ideaLiterals() []literal {
	var (
		literals []literal
		names    = strings.Fields(ideaNames)
		current  idea
		free     bool
	)
	for line := range strings.Lines(ideaWords) {
		line = strings.TrimSpace(line)
		switch {
		case line == "" || line[0] == '#':
		case line[0] == '[':
			name := strings.Trim(line, "[]")
			free = strings.HasSuffix(name, "!")
			current = idea(slices.Index(names, strings.TrimSuffix(name, "!")))
		default:
			for text := range strings.SplitSeq(line, " | ") {
				literals = append(literals, ideaLiteral(strings.ReplaceAll(text, "~", " "), current, free))
			}
		}
	}
	return literals
}

func ideaLiteral(text string, i idea, free bool) literal {
	return literal{text: text, role: roleConcept, index: uint16(i), bound: isLetter(text[0]), wide: wide(text), free: free}
}
