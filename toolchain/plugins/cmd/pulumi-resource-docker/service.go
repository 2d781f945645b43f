package main

import (
	"context"
	"errors"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
)

// serviceNetworks turns the SDK's taskSpec.networksAdvanceds, a list of objects, into this version's
// taskSpec.networks, a set of network ids. Aliases and driver options have no counterpart there.
func serviceNetworks(_ context.Context, inputs, _ resource.PropertyMap) (resource.PropertyMap, error) {
	spec, ok := object(inputs["taskSpec"])
	if !ok {
		return inputs, nil
	}
	advanced, ok := array(spec["networksAdvanceds"])
	if !ok {
		return inputs, nil
	}
	ids := make([]resource.PropertyValue, 0, len(advanced))
	for _, element := range advanced {
		network, ok := object(element)
		if !ok {
			ids = append(ids, element)
			continue
		}
		if network.HasValue("aliases") || network.HasValue("driverOpts") {
			return nil, errors.New("taskSpec.networksAdvanceds: this build of the docker plugin (2.23.0) knows " +
				"neither aliases nor driverOpts; leave them out or use the official plugin")
		}
		id, ok := network["id"]
		if !ok {
			id = network["name"]
		}
		ids = append(ids, id)
	}
	inputs, spec = inputs.Copy(), spec.Copy()
	delete(spec, "networksAdvanceds")
	spec["networks"] = resource.NewProperty(ids)
	inputs["taskSpec"] = resource.NewProperty(spec)
	return inputs, nil
}

// object and array look through the wrappings that a secret or an output with known dependencies has.
func object(v resource.PropertyValue) (resource.PropertyMap, bool) {
	v = unwrap(v)
	if !v.IsObject() {
		return nil, false
	}
	return v.ObjectValue(), true
}

func array(v resource.PropertyValue) ([]resource.PropertyValue, bool) {
	v = unwrap(v)
	if !v.IsArray() {
		return nil, false
	}
	return v.ArrayValue(), true
}

func unwrap(v resource.PropertyValue) resource.PropertyValue {
	for {
		switch {
		case v.IsSecret():
			v = v.SecretValue().Element
		case v.IsOutput() && v.OutputValue().Known:
			v = v.OutputValue().Element
		default:
			return v
		}
	}
}
