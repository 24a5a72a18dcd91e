package api

import "zhixing/domain"

// audienceBody says whom a course, an exam or a policy is for: the lists are
// joined by AND, an empty one does not limit.
type audienceBody struct {
	Kinds  []string `json:"kinds,omitempty" maxItems:"10" enum:"staff,student"`
	Stages []string `json:"stages,omitempty" maxItems:"20" enum:"masses,applicant,activist,development_target,probationary_member,member"`
	Ranks  []string `json:"ranks,omitempty" maxItems:"20" enum:"section_deputy,section_head,division_deputy,division_head,bureau_deputy,bureau_head"`
	Units  []string `json:"units,omitempty" maxItems:"500" maxLength:"64" doc:"Unit ids; a unit stands for its whole subtree"`
}

func (b audienceBody) audience() domain.Audience {
	return domain.Audience{Kinds: b.Kinds, Stages: b.Stages, Ranks: b.Ranks, Units: b.Units}
}

func audienceOf(a domain.Audience) audienceBody {
	return audienceBody{Kinds: a.Kinds, Stages: a.Stages, Ranks: a.Ranks, Units: a.Units}
}
