package controlplane

import (
	"context"
	"fmt"
	"strings"

	"github.com/mcp-kernel/mcp-kernel/tools"
)

// prompts are ways to begin that a person picks in the host.
func (m *Module) prompts() []tools.Prompt {
	user := func(lines ...string) []tools.Message {
		return []tools.Message{{Role: tools.RoleUser, Content: tools.Text(strings.Join(lines, "\n"))}}
	}
	policyNames := func(_ context.Context, _ *tools.Request, ask tools.Completion) ([]string, error) {
		return completing(m.opts.Policies.Names(), ask.Value), nil
	}
	return []tools.Prompt{
		tools.NewPrompt(tools.PromptSpec{
			Name: "governed_agent", Title: "Work under the kernel", Audience: tools.ForAgents,
			Description: "Instructs the model to do its work through the kernel's tools, within a task and policies.",
			Arguments: []tools.PromptArgument{
				{Name: "task", Title: "Task", Description: "what is to be done", Required: true},
				{Name: "policies", Title: "Policies", Description: "names of policies that narrow the work, separated by commas"},
			},
		}, func(_ context.Context, _ *tools.Request, args map[string]string) ([]tools.Message, error) {
			narrowed := "The operator's policies hold for everything you do."
			if args["policies"] != "" {
				narrowed = fmt.Sprintf("Besides the operator's policies, name these in context.policies of every kernel_execute: %s.", args["policies"])
			}
			return user("Task: "+args["task"], "",
				"Do what touches files or memory with kernel_execute, one action a call. "+narrowed,
				"Before something that may be refused, ask policy_check or use dry_run. When a call is denied, read check, rule and reason, and change the plan; do not send the same call again in other words.",
				"Open an execution with execution_open first and name its handle in context.execution; look at execution_usage before long work, and close it at the end.",
				"At the end say what was done, what was denied and why, with the call ids."), nil
		}).WithComplete("policies", policyNames),
		tools.NewPrompt(tools.PromptSpec{
			Name: "safe_execution", Title: "Do one action safely", Audience: tools.ForAgents,
			Description: "Has the model rehearse an action, explain what it will change, and only then do it.",
			Arguments: []tools.PromptArgument{
				{Name: "action", Title: "Action", Description: "an action of kernel_execute", Required: true},
				{Name: "goal", Title: "Goal", Description: "what it is for", Required: true},
			},
		}, func(_ context.Context, _ *tools.Request, args map[string]string) ([]tools.Message, error) {
			return user(
				fmt.Sprintf("I want the action %s done for this: %s", args["action"], args["goal"]), "",
				"1. Call kernel_execute with dry_run true and the params that you mean to use.",
				"2. If it would be denied, say which check denies it and stop.",
				"3. Say what it will read, change or delete, and ask me to go on.",
				"4. Do it with an idempotency_key, so that it happens once.",
				"5. Show what came back, and the call id."), nil
		}).WithComplete("action", func(_ context.Context, _ *tools.Request, ask tools.Completion) ([]string, error) {
			return completing(actions(), ask.Value), nil
		}),
		tools.NewPrompt(tools.PromptSpec{
			Name: "investigate_violations", Title: "What was refused, and why?", Audience: tools.ForAgents,
			Description: "Has the model read the journal for what was refused, and explain it.",
			Arguments: []tools.PromptArgument{
				{Name: "since", Title: "Since", Description: "RFC 3339 time; everything when left out"},
			},
		}, func(_ context.Context, _ *tools.Request, args map[string]string) ([]tools.Message, error) {
			since := ""
			if args["since"] != "" {
				since = " and since " + args["since"]
			}
			return user(
				"Find out what the kernel refused: call get_audit_log with effect deny"+since+", and page through it with its cursor.",
				"Group what you find by event, check and rule. For each group say what was tried, by which tools, how often, and what the rule protects.",
				"Then call verify_audit_log and say up to where the record is signed.",
				"Do not repeat any of the refused calls."), nil
		}),
	}
}

func completing(all []string, typed string) []string {
	found := []string{}
	for _, name := range all {
		if strings.HasPrefix(name, typed) {
			found = append(found, name)
		}
	}
	return found
}
