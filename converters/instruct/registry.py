"""The formats of instructions and conversations in plain sight."""

from converters.instruct.advertise_gen import ADVERTISE_GEN
from converters.instruct.alpaca import ALPACA
from converters.instruct.belle_eval import BELLE_EVAL
from converters.instruct.belle_seed import BELLE_SEED
from converters.instruct.chat import CHAT
from converters.instruct.context_target import CONTEXT_TARGET
from converters.instruct.conversations import CONVERSATIONS
from converters.instruct.firefly import FIREFLY
from converters.instruct.history import HISTORY_ONLY
from converters.instruct.message_parts import MESSAGE_PARTS
from converters.instruct.messages import MESSAGES
from converters.instruct.moss_002 import MOSS_002
from converters.instruct.moss_003 import MOSS_003

CONVERTERS = (
    ALPACA,
    BELLE_EVAL,
    BELLE_SEED,
    CONVERSATIONS,
    FIREFLY,
    MOSS_002,
    MOSS_003,
    MESSAGES,
    MESSAGE_PARTS,
    CONTEXT_TARGET,
    ADVERTISE_GEN,
    CHAT,
    HISTORY_ONLY,
)
