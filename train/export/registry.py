"""The forms in plain sight."""

from collections.abc import Mapping

from train.export.form import Form
from train.export.gguf_ready import GGUF_READY
from train.export.merged import MERGED
from train.export.official_prefix import OFFICIAL_PREFIX
from train.export.peft import PEFT

FORMS: Mapping[str, Form] = {form.name: form for form in (MERGED, PEFT, OFFICIAL_PREFIX, GGUF_READY)}
