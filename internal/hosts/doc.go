// Package hosts knows the programs that run MCP servers for a person (Claude Desktop, Claude Code, VS Code and others): where
// each keeps its list of servers and how an entry of it is spelled. It reads those lists, and changes them the way a careful
// person would: one member in place, everything else left as it stands to the byte, with a backup, and so that it can be undone.
//
// The files are other programs' and other people's. What does not parse, is a link to somewhere else, belongs to another user or
// was changed meanwhile is not touched. Nothing here reads the environment, the clock or the home directory by itself.
package hosts
