// Ends a contender when the benchmark that started it is gone.
process.on('disconnect', () => process.exit(1))
// It must not keep a contender alive that is done.
process.channel?.unref()
