// Package search finds tools by what they are said to do. An Index is made once of some tools and then only read; a query of
// ordinary words gets the tools that fit best, the best first and always in the same order. Scores are those of BM25F
// (Robertson and Zaragoza, The Probabilistic Relevance Framework, 2009): a word counts for more in a name than in the
// description of a parameter, for more when few tools have it, and for less the longer the text is that it stands in.
// Words are compared by their stems; one that begins another, or means nearly the same, counts a part of it; and only where
// a word of the query is nowhere, words are tried that it may be a slip of.
package search
