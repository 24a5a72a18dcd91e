//go:build race

package learning_test

const raceEnabled = true
