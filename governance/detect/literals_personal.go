package detect

import (
	"slices"
	"strings"
)

// personalLiterals returns the beginnings and shapes of data of persons. A 0 is any digit.
func personalLiterals() []literal {
	all := slices.Concat(ibanLiterals(), labelLiterals(), identityLiterals(), nameLiterals())
	all = append(all, literal{text: "@", role: roleEmail}, literal{text: ", 00000 ", role: rolePostal}, literal{text: ", 0000 ", role: rolePostal})
	for text := range strings.SplitSeq("(at),[at],{at}, (at) , [at] ,[dot],(dot), dot ", ",") {
		all = append(all, literal{text: text, role: roleEmail, index: 1})
	}
	for text := range strings.SplitSeq("000000,000 00 0,000 000,000.000,0000 0000,+0,+(0,(00,(000,0 00 00 00,00 00 00,00.00.00 ,000.0000", ",") {
		all = append(all, literal{text: text, role: roleNumber, joint: true}) // a hyphen is as good as a space
	}
	for text := range strings.SplitSeq("0.0.0,0.00.0,0.000.0", ",") {
		all = append(all, literal{text: text, role: roleIPv4})
	}
	for _, text := range [...]string{"0000:", "0a00:", "00a0:", "000a:", "0a0a:", "0aa0:"} {
		for c := 'a'; c <= 'f' && strings.Contains(text, "a"); c++ {
			all = append(all, literal{text: strings.ReplaceAll(text, "a", string(c)), role: roleIPv6, bound: true})
		}
		if !strings.Contains(text, "a") {
			all = append(all, literal{text: text, role: roleIPv6, bound: true})
		}
	}
	for _, text := range [...]string{"0x0", "0xa", "0xb", "0xc", "0xd", "0xe", "0xf", "bc0"} {
		all = append(all, literal{text: text, role: roleWallet, bound: true})
	}
	for text := range strings.SplitSeq(" street| st.| st,| avenue| ave.| ave,| road| rd.| rd,| boulevard| blvd| lane| ln,| drive| dr.| dr,| court| ct,| way,| place,| square,| terrace| parkway", "|") {
		all = append(all, literal{text: text, role: roleStreet})
	}
	return all
}
