package trace

// The names of attributes, after the semantic conventions of OpenTelemetry for MCP and generative AI: release v0.1.0 of
// open-telemetry/semantic-conventions-genai (docs/gen-ai/mcp.md), where they have moved to from semantic-conventions v1.41.0.
// They are in development there, and may change.
const (
	Method       = "mcp.method.name"
	Protocol     = "mcp.protocol.version"
	Session      = "mcp.session.id"
	Resource     = "mcp.resource.uri"
	Tool         = "gen_ai.tool.name"
	Prompt       = "gen_ai.prompt.name"
	Operation    = "gen_ai.operation.name"    // only of tools
	ResponseCode = "rpc.response.status_code" // of the JSON-RPC error
	ErrorType    = "error.type"
	Transport    = "network.transport" // pipe or tcp

	ExecuteTool = "execute_tool" // the one value of Operation
	Duration    = "mcp.server.operation.duration"
)

// The names of what is ours alone.
const (
	CallID   = "mcp_kernel.call.id" // by which the journal knows the call
	OuterID  = "mcp_kernel.call.parent_id"
	Effect   = "mcp_kernel.decision.effect" // allow, deny, ask
	Stage    = "mcp_kernel.decision.stage"
	Check    = "mcp_kernel.decision.check"
	Policy   = "mcp_kernel.decision.policy"
	Rule     = "mcp_kernel.decision.rule"
	Outcome  = "mcp_kernel.outcome" // what came of the call, in the journal's words
	Upstream = "mcp_kernel.upstream"
	Depth    = "mcp_kernel.call.depth"
)
