internal import AsyncHTTPClient
public import QrrotAgent
public import QrrotCore

/// The providers of the world outside, reached over HTTP.
public struct ProviderDirectory: ModelDirectory {
  private let environment: [String: String]

  /// Makes a directory that takes keys from `environment`.
  public init(environment: [String: String]) { self.environment = environment }

  public func select(_ configuration: ModelConfiguration) async throws(QrrotError) -> ModelSelection
  {
    .none
  }

  public func secrets(_ configuration: ModelConfiguration) -> [Secret] { [] }
}
