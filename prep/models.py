"""``import prep.models`` makes the Auto classes of transformers read ChatGLM folders, without any code from the hub."""

from train.models.registration import register

register()
