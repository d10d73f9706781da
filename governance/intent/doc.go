// Package intent says what a call is for: to destroy data, to take them away, to gain rights, to change the machine, to
// run code, to reach the network, to read, to write, or none of that.
//
// Evidence is read, not searched for. SQL is read into statements, commands into programs and their words through quotes,
// variables, substitutions and pipes, programs by the engine of code safety, paths by where they lead, requests by their
// method, address and body; and each only where an argument is one that the tool runs, opens or asks: the text of a
// message, a search for words, a statement that is to be explained are none. What the tool is called and which arguments
// it has is weighed by a linear model over hashed words, which is learned from the records in data/train by
// `go run ./governance/intent/train` (make intent) and embedded. Evidence outranks the model; without any, the model
// decides, and its confidence is what came true for tools that it had not seen.
//
// The categories are those of semantic_policy.py in github.com/imran-siddique/agent-os (MIT), whose rules match texts;
// nothing else is taken from there.
//
// The package has limits. What a tool does with what it is given, it cannot know: a tool named harmlessly, with harmless
// arguments, is taken at its word. A verdict of harmlessness permits nothing by itself.
package intent
