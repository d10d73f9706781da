package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/mcp-kernel/mcp-kernel/governance"
	"github.com/mcp-kernel/mcp-kernel/modules/standard"
)

// An explanation is what `policy explain --output json` prints.
type explanation struct {
	Effect    string                  `json:"effect"` // allow, deny, or ask
	Would     bool                    `json:"would,omitempty"`
	DeniedBy  *governance.StageTrace  `json:"denied_by,omitempty"` // the first check that objects, or else that asks
	Checks    []governance.StageTrace `json:"checks"`              // in the order in which they are asked
	Effective governance.Effective    `json:"effective"`           // what holds for the call
}

// An inquiry is a call that is asked about, as flags say it.
type inquiry struct {
	kind       string
	operator   bool
	agent      string
	principal  string
	execution  string
	labels     list
	depth      int
	narrowedBy list
}

func (a *app) policyExplain() *cobra.Command {
	var q inquiry
	cmd := &cobra.Command{
		Use:   "explain NAME [JSON|-]",
		Short: "Ask every check about a call, without making it",
		Long: `Explain asks every check what it says of a call, without stopping at the first that objects, and names the policy that gave each
answer. Nothing runs and nothing is charged; counters are those of the data directory at this moment. The arguments are a JSON
object, or - to read it from standard input. It is exit code 1 when the call would be refused, and not when people would be
asked first.`,
		Example: `  mcp-kernel policy explain file_delete '{"path": "work:notes.txt"}'
  mcp-kernel policy explain file_write --policy-file candidate.yaml --policy candidate --label untrusted:web
  mcp-kernel policy explain audit://log --kind resource`,
		Args: arguments(1, 2, "a name and arguments"),
		RunE: func(cmd *cobra.Command, args []string) error {
			var kind governance.Kind
			if err := kind.UnmarshalText([]byte(q.kind)); err != nil {
				return misused(cmd, "--kind: %v", err)
			}
			input, err := a.toolArguments(cmd, args[1:])
			if err != nil {
				return err
			}
			c := governance.Call{ID: "explain", Kind: kind, Name: args[0], Args: input, Execution: q.execution, Depth: q.depth, Labels: q.labels, Policies: q.narrowedBy}
			c.Caller = caller(!q.operator)
			c.Caller.Agent = q.agent
			if q.principal != "" {
				c.Caller.Principal = q.principal
			}
			return a.explain(cmd, &c)
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&q.kind, "kind", "tool", "tool, resource, prompt, completion, subscription or task")
	flags.BoolVar(&q.operator, "operator", false, "as an operator's call, not an agent's")
	flags.StringVar(&q.principal, "principal", "", "`name` of who calls (default who runs this)")
	flags.StringVar(&q.agent, "agent", "", "`DID` of a proven agent")
	flags.StringVar(&q.execution, "execution", "", "`handle` of an explicit execution")
	flags.Var(&q.labels, "label", "what the execution has touched, as in untrusted:web; may be repeated")
	flags.Var(&q.narrowedBy, "narrow", "`name` of a policy that the call names besides; may be repeated")
	flags.IntVar(&q.depth, "depth", 0, "calls that the call is within")
	governed(cmd)
	return cmd
}

func (a *app) explain(cmd *cobra.Command, c *governance.Call) (err error) {
	k, _, err := a.open(cmd)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, k.Close(context.WithoutCancel(cmd.Context()))) }()
	e := explained(cmd.Context(), k, c)
	if err := a.print(e, func(t *table) { e.rows(t, c) }); err != nil {
		return err
	}
	if e.Effect == governance.Deny.String() {
		return errFound
	}
	return nil
}

// explained asks the kernel's gate. What there is nothing of is refused before any policy is asked, as in a real call.
func explained(ctx context.Context, k *standard.Kernel, c *governance.Call) *explanation {
	c.At = k.Now()
	c.Tree = &governance.Tree{}
	e := &explanation{Effect: governance.Allow.String()}
	if !k.Catalog.Has(c.Kind, c.Name) && (c.Kind == governance.KindTool || c.Kind == governance.KindResource || c.Kind == governance.KindPrompt) {
		c.Unknown = true
		e.Checks = append(e.Checks, governance.StageTrace{
			Stage: governance.StageAllow, Check: "catalog", Outcome: governance.TraceFail, Reason: fmt.Sprintf("there is no %s of that name", c.Kind),
		})
	}
	e.Checks = append(e.Checks, k.Gate.Explain(ctx, c)...)
	snapshot, err := k.Policies.Select(c)
	if err == nil {
		e.Effective = snapshot.EffectiveForOperator()
	}
	e.decide()
	if e.DeniedBy != nil && e.Effective.Mode.Value == governance.AuditOnly && !c.Unknown {
		e.Would, e.Effect = true, governance.Allow.String()
	}
	return e
}

// decide says what would come of the call: the first objection decides and, where there is none, the first question.
func (e *explanation) decide() {
	for _, what := range []struct {
		outcome governance.TraceOutcome
		effect  governance.Effect
	}{{governance.TraceFail, governance.Deny}, {governance.TraceAsk, governance.Ask}} {
		for i := range e.Checks {
			if e.Checks[i].Outcome == what.outcome {
				e.DeniedBy, e.Effect = &e.Checks[i], what.effect.String()
				return
			}
		}
	}
}

func (e *explanation) rows(t *table, c *governance.Call) {
	what := c.Kind.String() + " " + oneLine(c.Name, 80)
	switch {
	case e.DeniedBy == nil:
		t.line("%s: allowed", what)
	case e.Effect == governance.Ask.String():
		t.line("%s: people must agree first: %s", what, oneLine(e.DeniedBy.Reason, 200))
	case e.Would:
		t.line("%s: let pass by mode audit, and recorded as what %s would refuse: %s", what, e.DeniedBy.Check, oneLine(e.DeniedBy.Reason, 200))
	default:
		t.line("%s: refused by %s: %s", what, e.DeniedBy.Check, oneLine(e.DeniedBy.Reason, 200))
	}
	t.line("")
	t.row("STAGE", "CHECK", "SAYS", "RULE", "POLICY", "DETAIL")
	for _, s := range e.Checks {
		t.row(s.Stage, s.Check, s.Outcome.String(), orDash(s.Rule), orDash(s.Policy), orDash(oneLine(detailed(&s), 120)))
	}
	t.line("")
	effectiveRows(t, e.Effective)
}

// detailed is what a check says beside its verdict.
func detailed(s *governance.StageTrace) string {
	var words []string
	if s.Reason != "" {
		words = append(words, s.Reason)
	} else if s.Limit > 0 {
		words = append(words, fmt.Sprintf("%d of %d used", s.Used, s.Limit))
	}
	if len(s.Labels) > 0 {
		words = append(words, "the execution has touched "+strings.Join(s.Labels, ", "))
	}
	detail := strings.Join(words, "; ")
	if s.Pointer != "" {
		detail += " at " + s.Pointer
	}
	return detail
}
