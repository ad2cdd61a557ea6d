import ArgumentParser

@main struct Pack: ParsableCommand {}
