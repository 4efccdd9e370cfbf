UserCommand.main()
