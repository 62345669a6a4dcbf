using P3Ebpf.Cli;

return CommandLine.Run(args);
