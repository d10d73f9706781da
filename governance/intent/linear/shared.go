package linear

// shared returns examples without the features that only one family has: those say more about who wrote it than about
// what a call is for, and their weights would be noise in the buckets that they share with features that nothing was
// learned of.
func shared(examples []Example) []Example {
	const many = -1
	first := make(map[uint32]int) // the family that a feature was seen in, or many
	number := make(map[string]int)
	for i := range examples {
		family, known := number[examples[i].Family]
		if !known {
			family = len(number)
			number[examples[i].Family] = family
		}
		for _, group := range examples[i].Features.Group {
			for _, hash := range group {
				if before, seen := first[hash]; !seen {
					first[hash] = family
				} else if before != family {
					first[hash] = many
				}
			}
		}
	}
	left := make([]Example, len(examples))
	for i := range examples {
		left[i] = examples[i]
		for g, group := range examples[i].Features.Group {
			left[i].Features.Group[g] = nil
			for _, hash := range group {
				if first[hash] == many {
					left[i].Features.Add(g, hash)
				}
			}
		}
	}
	return left
}
