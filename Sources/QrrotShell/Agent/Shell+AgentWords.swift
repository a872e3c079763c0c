internal import QrrotAgent
internal import QrrotCore
internal import SystemPackage

/// The forms of `ai`: `reset`, `cost`, `model`, `save`.
extension Shell {
  func subcommand(_ command: Command) async throws(QrrotError) -> Outcome {
    let desk = try agentDesk()
    var reply = Reply()
    switch command.text(0) {
    case "reset": desk.agent.reset()
    case "cost": Self.fill(&reply, with: desk.agent.totalUsage)
    case "model":
      if command.arguments.count > 1 { desk.configuration.modelName = command.text(1) }
      reply.set(word: try await modelText(desk))
    case "save": try save(desk, to: command)
    default: throw QrrotError(.syntax, "usage: \(command.name.spec.usage)")
    }
    do throws(ShellStop) { try console.print(reply) } catch {
      agentStop = error
    }
    return .succeeded
  }

  private static func fill(_ reply: inout Reply, with usage: ModelUsage) {
    reply.reset(.rows, columns: ["tokens", "count"])
    for (name, count) in [("input", usage.inputTokenCount), ("output", usage.outputTokenCount)] {
      reply.append(word: name)
      if let count {
        reply.append(integer: Int64(count))
      } else {
        reply.append(word: "unknown")
      }
    }
  }

  /// `ai save FILE`: what the last applied request has changed, as a command file.
  private func save(_ desk: AgentDesk, to command: Command) throws(QrrotError) {
    guard let last = desk.agent.lastApplied else {
      throw QrrotError(.refused, "no request has been applied in this session")
    }
    var text: [UInt8] = []
    last.plan.appendCommandFile(request: last.request, to: &text)
    guard !desk.secrets.holdsSecret(text) else {
      throw QrrotError(.refused, "the request or what it changed holds a key; nothing was saved")
    }
    let path = try file(of: command, at: 1)
    var isReplacing = options.assumesYes
    if try FileReplacement.exists(path), !isReplacing {
      try confirm("\(path.string) is there already", "Replace it?", refusal: "nothing was saved")
      isReplacing = true
    }
    let replacement = try FileReplacement(path)
    try replacement.write(text)
    try replacement.finish(replacing: isReplacing)
  }
}
