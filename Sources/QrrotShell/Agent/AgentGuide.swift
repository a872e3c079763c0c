/// What somebody without a key is told: one screen.
enum AgentGuide {
  static let lines = [
    "ask and ai need a language model, and none is set up yet. Any of these will do:",
    "",
    "  a key in the environment           export GEMINI_API_KEY=…     Google",
    "                                     export OPENAI_API_KEY=…     OpenAI",
    "                                     export ANTHROPIC_API_KEY=…  Anthropic",
    "  a key in a file of mode 0600       qrrot --ai gemini --ai-key-file FILE",
    "  a model on this machine            ollama serve & ollama pull qwen3",
    "                                     llama-server -m MODEL.gguf",
    "                                     qrrot --ai local",
    "  any server that speaks OpenAI's    qrrot --ai openai --ai-url https://HOST/v1",
    "",
    "What a model reads goes to its provider; a local model keeps it on this machine.",
    "",
  ]
}
