module zhixing

go 1.26.0
