internal import QrrotAgent
internal import QrrotCore

/// A server that speaks OpenAI's chat completions, on this machine most often.
struct LocalServer: Sendable {
  /// The program, where its port tells; nil where it does not.
  let program: String?
  /// The base of its addresses, with `/v1`.
  let url: BaseURL

  /// Where the usual programs listen, in the order in which they are asked.
  static var known: [LocalServer] {
    [("Ollama", 11_434), ("llama.cpp", 8_080), ("LM Studio", 1_234), ("vLLM", 8_000)].compactMap {
      LocalServer(program: $0, port: $1)
    }
  }

  /// The server at an address.
  init(_ url: BaseURL) {
    self.url = url
    program = nil
  }

  /// A program on this machine.
  init?(program: String, port: Int) {
    guard let url = try? BaseURL("http://127.0.0.1:\(port)/v1") else { return nil }
    self.url = url
    self.program = program
  }

  /// `Ollama at 127.0.0.1:11434`
  var name: String { "\(program ?? "the server") at \(url.authority)" }

  /// The servers that answer, in the order of `servers`, with the names of their models.
  ///
  /// It takes no longer than `limit`, whatever they do: who has not answered by then is not there.
  static func find(
    among servers: [LocalServer], key: Secret?, within limit: Duration
  ) async -> [(server: LocalServer, models: [String])] {
    let answers = await withTaskGroup(of: (Int, [String])?.self) { group in
      for (index, server) in servers.enumerated() {
        group.addTask {
          let settings = NetworkTransport.Settings()
          guard
            let models = try? await server.models(key: key, settings, within: limit)
          else { return nil }
          return (index, models)
        }
      }
      var answers: [(Int, [String])] = []
      for await case let answer? in group { answers.append(answer) }
      return answers
    }
    return answers.sorted { $0.0 < $1.0 }.map { (servers[$0.0], $0.1) }
  }

  /// The names of its models, in its order.
  ///
  /// - Throws: the failure if there is no such list within `limit`.
  func models(
    key: Secret?, _ settings: NetworkTransport.Settings, within limit: Duration
  ) async throws(WireFailure) -> [String] {
    let request = WireRequest(get: "\(url.text)/models", key: key)
    let transport = NetworkTransport(settings)
    let result = await withTaskGroup(of: Result<[String], WireFailure>.self) { group in
      group.addTask { await Self.list(request, transport) }
      group.addTask {
        try? await Task.sleep(for: limit)
        return .failure(.connection(.connectTimeout))
      }
      let first = await group.next() ?? .failure(.incomplete)
      group.cancelAll()
      return first
    }
    return try result.get()
  }

  private static func list(
    _ request: WireRequest, _ transport: NetworkTransport
  ) async -> Result<[String], WireFailure> {
    var status = 0
    var headers: [WireRequest.Header] = []
    var body: [UInt8] = []
    do throws(WireFailure) {
      try await transport.exchange(request) { part in
        switch part {
        case .head(let code, let fields):
          status = code
          headers = fields
        case .body(let bytes):
          body += bytes
        }
        return body.count < listByteCountMax
      }
    } catch {
      return .failure(error)
    }
    guard status == 200, let list = WireJSON(body), list.isObject, list["error"] == nil,
      list["data"] != nil || list["object"]?.string == "list"
    else { return .failure(.readingList(status: status, headers: headers, body: body)) }
    return .success((list["data"]?.elements ?? []).compactMap { $0["id"]?.string })
  }

  private static let listByteCountMax = 4 << 20
}
