import QrrotAgent
import Testing

@testable import QrrotProviders

@Suite("Provider directory")
struct DirectoryTests {
}
