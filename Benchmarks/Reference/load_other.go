//go:build !linux

package main

import "fmt"

func loadMain([]string) { fmt.Println("the load generator needs Linux") }
