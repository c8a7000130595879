"""One frozen configuration value per process, parsed once from TOML. Unknown keys are refused by name."""

from edge.config.keeping import CaptureConfig as CaptureConfig
from edge.config.keeping import HistoryConfig as HistoryConfig
from edge.config.keeping import MirrorConfig as MirrorConfig
from edge.config.load import ConfigError as ConfigError
from edge.config.load import load_config as load_config
from edge.config.payments import TerminalConfig as TerminalConfig
from edge.config.places import LIES_IN as LIES_IN
from edge.config.places import ZoneConfig as ZoneConfig
from edge.config.places import ZoneKind as ZoneKind
from edge.config.readers import Active as Active
from edge.config.readers import InputConfig as InputConfig
from edge.config.readers import OutputConfig as OutputConfig
from edge.config.readers import ReaderConfig as ReaderConfig
from edge.config.receipts import MailConfig as MailConfig
from edge.config.receipts import ReceiptPrinterConfig as ReceiptPrinterConfig
from edge.config.store import EdgeConfig as EdgeConfig
from edge.config.store import UplinkConfig as UplinkConfig
from edge.config.tags import PrinterConfig as PrinterConfig
from edge.config.tags import TagScheme as TagScheme
from edge.config.tags import TagsConfig as TagsConfig
