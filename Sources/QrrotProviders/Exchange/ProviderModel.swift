internal import QrrotAgent
internal import QrrotCore

/// A provider's model.
struct ProviderModel: LanguageModel {
  /// The model, and where it is.
  var endpoint: WireEndpoint
  /// What errors say about it.
  var place: FailurePlace
  /// What carries requests to it.
  var transport: any Transport
  /// Finds keys in what a provider sends back.
  var filter: SecretFilter
  /// Time and chance.
  var pace = Pace()
  /// Where the exchanges are kept.
  var recording: RecordingWriter?

  var providerName: String { place.providerName }
  var modelName: String { place.modelName }

  func answer(_ request: ModelRequest) -> AsyncStream<ModelEvent> {
    let model = self
    return AsyncStream { continuation in
      let exchange = Exchange(
        model, WireRequest(request, to: model.endpoint), yielding: continuation)
      let task = Task { await exchange.run() }
      continuation.onTermination = { reason in
        // After the last event the connection may rest; before it, nobody reads any more.
        if case .cancelled = reason { task.cancel() }
      }
    }
  }
}
