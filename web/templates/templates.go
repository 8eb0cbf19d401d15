// Package templates embeds the pages' markup: the layout, the components that
// pages share, and a folder for each package that has pages.
package templates

import "embed"

// Files holds layout.html, components.html and {package}/{page}.html.
//
//go:embed *.html */*.html
var Files embed.FS
