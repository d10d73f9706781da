package tools

// A Listing is what one caller may see: everything of its audience that its policies allow, each list sorted by name.
// It is shared and must not be changed.
type Listing struct {
	Tools     []Spec         // of the profile; with both schemas filled in
	Resources []ResourceSpec // single ones, by URI
	Templates []ResourceSpec // families, by template
	Prompts   []PromptSpec
}
