// Package shim opens the Docker Terraform provider's internal package to the bridge: Go checks who may import
// an internal package by its path, and this module's path lies below the provider's.
package shim

import (
	"context"
	"strings"

	"github.com/hashicorp/terraform-plugin-sdk/v2/diag"
	"github.com/hashicorp/terraform-plugin-sdk/v2/helper/schema"
	"github.com/terraform-providers/terraform-provider-docker/internal/provider"
)

// New makes the provider, mended where the later versions that the SDK was made for behave otherwise.
func New() *schema.Provider {
	p := provider.New("")()

	container := p.ResourcesMap["docker_container"]
	container.CreateContext = keepImage(container.CreateContext)
	container.ReadContext = keepImage(container.ReadContext)
	container.UpdateContext = keepImage(container.UpdateContext)

	volume := p.ResourcesMap["docker_volume"]
	volume.ReadContext = goneIf("No such volume", volume.ReadContext)

	// Arguments that came later and do nothing but replace the resource.
	p.ResourcesMap["docker_image"].Schema["triggers"] = triggers(schema.TypeMap)
	p.ResourcesMap["docker_registry_image"].Schema["triggers"] = triggers(schema.TypeMap)
	p.ResourcesMap["docker_tag"].Schema["tag_triggers"] = triggers(schema.TypeList)
	return p
}

func triggers(t schema.ValueType) *schema.Schema {
	return &schema.Schema{Type: t, Optional: true, ForceNew: true, Elem: &schema.Schema{Type: schema.TypeString}}
}

type operation = func(context.Context, *schema.ResourceData, any) diag.Diagnostics

// keepImage sets the image back to what was asked for. This version records the image's id instead, so that every
// preview would replace a container that was given a name or a tag. A container's image can't change under its id.
func keepImage(do operation) operation {
	return func(ctx context.Context, d *schema.ResourceData, meta any) diag.Diagnostics {
		image := d.Get("image").(string)
		diags := do(ctx, d, meta)
		if d.Id() != "" && image != "" {
			if err := d.Set("image", image); err != nil {
				diags = append(diags, diag.FromErr(err)...)
			}
		}
		return diags
	}
}

// goneIf takes a read that fails with `message` for the resource being gone, as later versions do; this one fails the
// whole refresh.
func goneIf(message string, read operation) operation {
	return func(ctx context.Context, d *schema.ResourceData, meta any) diag.Diagnostics {
		diags := read(ctx, d, meta)
		for _, diagnostic := range diags {
			if strings.Contains(diagnostic.Summary, message) {
				d.SetId("")
				return nil
			}
		}
		return diags
	}
}
