SystemCommand.main()
