package completeness

import (
	"fmt"

	"data.release/registrar/release/terms"
)

func (c *check) parties() {
	const step = "parties"
	v := c.v
	controllers, recipients := c.count(terms.Controller), c.count(terms.Recipient)
	switch v.Controllership {
	case "", terms.ControllershipNotRecorded, terms.ControllershipUnresolved:
		c.gap(step, "controllership", "missing", Controllers, "say how the controllers stand to each other")
	case terms.SoleController:
		if controllers > 1 {
			c.gap(step, "controllership", "controllership", Controllers, "it says one controller, and there are %d", controllers)
		}
	default:
		if controllers == 1 {
			c.gap(step, "controllership", "controllership", Controllers, "it says several controllers, and there is one")
		}
	}
	if v.Controllership == terms.JointControllers {
		c.need(step, "article26", v.Article26, Controllers, "joint controllers need an arrangement between them (UK GDPR Article 26): say where it is and what it settles")
	}
	if controllers == 0 {
		c.gap(step, "parties", "controller", Controllers, "name a controller")
	}
	if recipients == 0 {
		c.gap(step, "parties", "recipient", Processors, "name who receives the data")
	}
	stored, processed := false, false
	for i, p := range v.Parties {
		c.party(i, p)
		for _, place := range p.Places {
			stored = stored || place.Use == "storage" || place.Use == "both"
			processed = processed || place.Use == "processing" || place.Use == "both"
		}
	}
	if !stored {
		c.gap(step, "parties", "storage", Territory, "say where the data are stored")
	}
	if !processed {
		c.gap(step, "parties", "processing", Territory, "say where the data are processed")
	}
}

func (c *check) count(role terms.PartyRole) (n int) {
	for _, p := range c.v.Parties {
		if p.Role == role {
			n++
		}
	}
	return n
}

func (c *check) party(i int, p terms.VersionParty) {
	const step = "parties"
	field := fmt.Sprintf("parties[%d]", i)
	o := c.facts.Organisations[p.Organisation]
	if o.Placeholder {
		c.gap(step, field+".organisation", "placeholder", Controllers, "%s stands for somebody who is not named; name them", p.Name)
		return
	}
	if p.Role == terms.Processor {
		c.need(step, field+".processingContract", p.ProcessingContract, Processors, p.Name+": name the contract between controller and processor (UK GDPR Article 28)")
		if len(p.Places) == 0 {
			c.gap(step, field+".places", "places", Processors, "%s: say where it stores and processes the data", p.Name)
		}
	}
	for j, place := range p.Places {
		if place.Territory == "" || place.Territory == terms.TerritoryNotRecorded {
			c.gap(step, fmt.Sprintf("%s.places[%d].territory", field, j), "missing", Territory, "%s: say in which territory the place is", p.Name)
		}
	}
	if p.Role != terms.Recipient && o.Assurance == "" {
		c.gap(step, field+".organisation", "assurance", Assurance, "%s has no security assurance on record; send it to the access team", p.Name)
	}
	if o.Unproven > 0 {
		c.gap(step, field+".organisation", "honorary", Honorary, "%s has %d people with an honorary contract of which reference or end is not recorded", p.Name, o.Unproven)
	}
}
