//go:build !race

package learning_test

const raceEnabled = false
